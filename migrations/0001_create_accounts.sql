-- Customers and what they own: the schema of the example application.
CREATE TABLE customers (
    id         INTEGER PRIMARY KEY,
    name       TEXT    NOT NULL,
    email      TEXT    UNIQUE,
    active     BOOLEAN NOT NULL DEFAULT TRUE,
    created_at TEXT    NOT NULL DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE accounts (
    id            INTEGER PRIMARY KEY,
    customer_id   INTEGER NOT NULL REFERENCES customers (id) ON DELETE RESTRICT,
    currency      TEXT    NOT NULL,
    balance_cents INTEGER NOT NULL DEFAULT 0,
    interest_rate REAL
);

CREATE INDEX accounts_by_customer ON accounts (customer_id);
