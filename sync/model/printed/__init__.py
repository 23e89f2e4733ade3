"""How numbers are printed: check digits, and the forms that texts of numbers have."""
