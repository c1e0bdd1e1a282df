"""What a credential looks like: formats of providers, places where credentials stand, shapes, simple disguises."""
