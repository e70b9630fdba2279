"""What the Inside page says where one changes something and sees what follows."""

EN: dict[str, str] = {}

ZH: dict[str, str] = {}
