-- +goose Up
ALTER TABLE flywheel_cursors ADD COLUMN wave TEXT NOT NULL DEFAULT '';
ALTER TABLE flywheel_parked ADD COLUMN wave TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE flywheel_parked DROP COLUMN wave;
ALTER TABLE flywheel_cursors DROP COLUMN wave;
