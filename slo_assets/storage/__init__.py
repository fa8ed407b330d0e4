"""How documents and event logs become bytes, and where those bytes are kept."""
