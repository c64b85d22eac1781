"""E-mail: what is to be sent, sending it once, and what came back."""
