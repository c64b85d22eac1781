"""lmis keeps contraceptives on the shelf: a logistics management information system."""
