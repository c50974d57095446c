"""Questions as text, HTML, cards and sheets."""
