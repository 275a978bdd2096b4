-- The bookshop of docs/guide: small enough to know by heart, with a case of every kind of relation.
CREATE TABLE authors (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  born INTEGER
);
CREATE TABLE books (
  id INTEGER PRIMARY KEY,
  author_id INTEGER REFERENCES authors (id),
  title TEXT NOT NULL,
  published INTEGER,
  pages INTEGER NOT NULL
);
CREATE TABLE reviews (
  id INTEGER PRIMARY KEY,
  book_id INTEGER NOT NULL REFERENCES books (id),
  reader TEXT NOT NULL,
  stars INTEGER NOT NULL
);
CREATE TABLE tags (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
);
-- Readers vote for a book's tags.
CREATE TABLE book_tags (
  book_id INTEGER NOT NULL REFERENCES books (id),
  tag_id INTEGER NOT NULL REFERENCES tags (id),
  votes INTEGER NOT NULL,
  PRIMARY KEY (book_id, tag_id)
);
-- A shelf is known by its floor and its number there.
CREATE TABLE shelves (
  floor TEXT NOT NULL,
  number INTEGER NOT NULL,
  topic TEXT NOT NULL,
  PRIMARY KEY (floor, number)
);
-- A copy in the storeroom stands on no shelf.
CREATE TABLE copies (
  id INTEGER PRIMARY KEY,
  book_id INTEGER NOT NULL REFERENCES books (id),
  floor TEXT,
  shelf INTEGER,
  price_cents INTEGER NOT NULL,
  FOREIGN KEY (floor, shelf) REFERENCES shelves (floor, number)
);
CREATE TABLE employees (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  manager_id INTEGER REFERENCES employees (id)
);
-- What employees note about a book or an author: item_type says about which of them.
CREATE TABLE notes (
  id INTEGER PRIMARY KEY,
  employee_id INTEGER NOT NULL REFERENCES employees (id),
  item_type TEXT NOT NULL,
  item_id INTEGER NOT NULL,
  text TEXT NOT NULL
);
CREATE INDEX books_author_id ON books (author_id);
CREATE INDEX reviews_book_id ON reviews (book_id);
CREATE INDEX book_tags_tag_id ON book_tags (tag_id);
CREATE INDEX copies_book_id ON copies (book_id);
CREATE INDEX copies_shelf ON copies (floor, shelf);
CREATE INDEX employees_manager_id ON employees (manager_id);
CREATE INDEX notes_employee_id ON notes (employee_id);
CREATE INDEX notes_item ON notes (item_type, item_id);

INSERT INTO authors VALUES
  (1, 'Ursula K. Le Guin', 1929), (2, 'Stanisław Lem', 1921), (3, 'Octavia E. Butler', 1947),
  (4, 'Italo Calvino', 1923), (5, 'Kobo Abe', 1924);
INSERT INTO books VALUES
  (1, 1, 'A Wizard of Earthsea', 1968, 205),
  (2, 1, 'The Left Hand of Darkness', 1969, 286),
  (3, 1, 'The Lathe of Heaven', 1971, 184),
  (4, 1, 'The Dispossessed', 1974, 341),
  (5, 2, 'Solaris', 1961, 204),
  (6, 2, 'The Cyberiad', 1965, 295),
  (7, 3, 'Kindred', 1979, 264),
  (8, 3, 'Parable of the Sower', 1993, 299),
  (9, 4, 'Invisible Cities', 1972, 165),
  (10, NULL, 'Beowulf', NULL, 128);
INSERT INTO reviews VALUES
  (1, 1, 'Ines', 5), (2, 1, 'Jonas', 4), (3, 1, 'Kofi', 3),
  (4, 2, 'Ines', 5), (5, 2, 'Kofi', 5),
  (6, 4, 'Jonas', 5), (7, 4, 'Lena', 2), (8, 4, 'Ines', 4),
  (9, 5, 'Kofi', 4), (10, 5, 'Lena', 5),
  (11, 6, 'Jonas', 3),
  (12, 7, 'Ines', 5), (13, 7, 'Lena', 5),
  (14, 9, 'Kofi', 2);
INSERT INTO tags VALUES (1, 'fantasy'), (2, 'science fiction'), (3, 'utopia'), (4, 'humour'), (5, 'cookery');
INSERT INTO book_tags VALUES
  (1, 1, 31), (2, 2, 44), (2, 3, 6), (3, 2, 12), (4, 2, 38), (4, 3, 40), (5, 2, 52), (6, 2, 17), (6, 4, 29),
  (7, 2, 9), (8, 2, 21), (8, 3, 3), (9, 1, 14), (9, 3, 5);
INSERT INTO shelves VALUES ('ground', 1, 'fantasy'), ('ground', 2, 'new'), ('upper', 1, 'science fiction'), ('upper', 2, 'spare');
INSERT INTO copies VALUES
  (1, 1, 'ground', 1, 1200), (2, 1, 'ground', 1, 950), (3, 2, 'upper', 1, 1400), (4, 4, 'upper', 1, 1600),
  (5, 4, 'ground', 2, 1750), (6, 5, 'upper', 1, 1100), (7, 5, NULL, NULL, 700), (8, 7, 'ground', 2, 1300),
  (9, 9, 'ground', 1, 1150), (10, 10, NULL, NULL, 500);
INSERT INTO employees VALUES (1, 'Vera', NULL), (2, 'Ben', 1), (3, 'Cleo', 1), (4, 'Dai', 2), (5, 'Emre', 2), (6, 'Fay', 4);
INSERT INTO notes VALUES
  (1, 4, 'Book', 5, 'New translation in spring'), (2, 6, 'Author', 1, 'Ask for signed copies'),
  (3, 4, 'Author', 2, 'Write the name with an ł'), (4, 5, 'Book', 1, 'The cover fades'),
  (5, 6, 'Book', 5, 'Sells with the film');
