-- The example's database: a few real authors and books, and enough made-up ones to be worth a server. The same every time.
PRAGMA journal_mode = WAL;

CREATE TABLE authors (id INTEGER PRIMARY KEY, name TEXT NOT NULL, birth_year INTEGER);
CREATE TABLE books (
  id INTEGER PRIMARY KEY,
  author_id INTEGER REFERENCES authors (id),
  Title TEXT NOT NULL,
  published_at TEXT NOT NULL
);
CREATE TABLE reviews (
  id INTEGER PRIMARY KEY,
  book_id INTEGER NOT NULL REFERENCES books (id),
  stars INTEGER NOT NULL,
  comment TEXT NOT NULL
);
CREATE INDEX books_author_id ON books (author_id);
CREATE INDEX reviews_book_id ON reviews (book_id);

INSERT INTO authors VALUES
  (1, 'Ursula K. Le Guin', 1929),
  (2, 'Stanisław Lem', 1921),
  (3, 'Octavia E. Butler', 1947);
INSERT INTO books VALUES
  (1, 1, 'A Wizard of Earthsea', '1968-11-01'),
  (2, 1, 'The Left Hand of Darkness', '1969-03-01'),
  (3, 1, 'The Dispossessed', '1974-05-01'),
  (4, 2, 'Solaris', '1961-01-01'),
  (5, 2, 'The Cyberiad', '1965-01-01'),
  (6, 3, 'Kindred', '1979-06-01'),
  (7, NULL, 'Beowulf', '1815-01-01');

-- 200 authors, of whom every seventh has no known year of birth.
WITH RECURSIVE n (i) AS (SELECT 4 UNION ALL SELECT i + 1 FROM n WHERE i < 203)
INSERT INTO authors SELECT i, 'Author ' || i, CASE WHEN i % 7 = 0 THEN NULL ELSE 1900 + i * 31 % 100 END FROM n;

-- 2,000 books; every ninth is anonymous.
WITH RECURSIVE n (i) AS (SELECT 8 UNION ALL SELECT i + 1 FROM n WHERE i < 2007)
INSERT INTO books
SELECT i, CASE WHEN i % 9 = 0 THEN NULL ELSE 4 + i * 7919 % 200 END, 'Book ' || i,
       date('1950-01-01', (i * 104729 % 25000) || ' days')
FROM n;

-- 6,000 reviews: 10 of each real book, then of the others.
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 6000)
INSERT INTO reviews
SELECT i,
       CASE WHEN i <= 70 THEN 1 + i % 7 ELSE 8 + i * 6007 % 2000 END,
       CASE WHEN i <= 70 THEN 5 - i / (2 + i % 7) % 3 ELSE 1 + i * 13 % 5 END,
       'Comment ' || i
FROM n;
