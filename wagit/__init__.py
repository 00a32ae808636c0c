"""wagit: every git branch its own WhatsApp session."""
