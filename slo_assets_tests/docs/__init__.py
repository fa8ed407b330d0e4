"""What documents say is tried: commands, examples, links, messages. CONTRIBUTING.md has the conventions."""
