-- +goose Up
CREATE TABLE due_things (id TEXT PRIMARY KEY, owner TEXT NOT NULL, due BIGINT);
CREATE INDEX due_things_due ON due_things (due, id) WHERE due IS NOT NULL;
-- +goose Down
DROP TABLE due_things;
