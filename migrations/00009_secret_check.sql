-- +goose Up
-- What the master secret of this database makes of a fixed text. A migrator with another secret would lock its owner
-- out: it gives the application role another password and cannot open what is sealed. One row, outside the fence;
-- the application role reads it and cannot write it.
CREATE TABLE installation (
  one          boolean     PRIMARY KEY DEFAULT true CHECK (one),
  secret_check bytea       NOT NULL CHECK (length(secret_check) = 32),
  created_at   timestamptz NOT NULL DEFAULT clock_timestamp()
);
