"""The room `config`: files and variables in, settings or every mistake out."""
