"""What the screens show, read from journals and corpora into immutable snapshots; nothing is computed here."""
