"""Where artifacts come from: one file a kind."""
