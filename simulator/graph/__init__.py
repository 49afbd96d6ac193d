"""Identity ties and bond ties between members, the communities in them, and how they hold together."""
