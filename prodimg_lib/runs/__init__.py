"""One run from photographs to report, and what people do with one."""
