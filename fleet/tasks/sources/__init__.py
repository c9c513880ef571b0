"""Order sources: files of order lines, files of orders, a seeded generator."""
