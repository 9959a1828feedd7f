-- Money that moved from one account to another, with an optional sealed note.
CREATE TABLE transfers (
    id           INTEGER PRIMARY KEY,
    from_account INTEGER NOT NULL REFERENCES accounts (id),
    to_account   INTEGER NOT NULL REFERENCES accounts (id),
    amount_cents INTEGER NOT NULL CHECK (amount_cents > 0),
    note         BLOB,
    made_at      TEXT    NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CHECK (from_account <> to_account)
);

CREATE INDEX transfers_by_account ON transfers (from_account, to_account);
