//! Views of results: text and tables. Every one is a function from data to text.
