"""Is what is served, or what arrives, still what the model was judged by?"""
