-- +goose Up

-- Who saw what, each once by experiment, unit, arm and group. Times are
-- microseconds since 1970.
CREATE TABLE flywheel_experiment_exposures (
	experiment TEXT NOT NULL,
	unit TEXT NOT NULL,
	arm TEXT NOT NULL,
	"group" TEXT NOT NULL,
	propensity REAL NOT NULL,
	at INTEGER NOT NULL,
	customer TEXT NOT NULL,
	visitor TEXT NOT NULL,
	PRIMARY KEY (experiment, unit, arm, "group")
);

CREATE INDEX flywheel_experiment_exposures_order
	ON flywheel_experiment_exposures (experiment, at, unit, arm, "group");

-- Sticky buckets: what an identity was assigned to first.
CREATE TABLE flywheel_experiment_buckets (
	attribute TEXT NOT NULL,
	value TEXT NOT NULL,
	key TEXT NOT NULL,
	variation TEXT NOT NULL,
	PRIMARY KEY (attribute, value, key)
);

-- Payloads of flags and studies, saved whole with a version.
CREATE TABLE flywheel_experiment_definitions (
	kind TEXT NOT NULL,
	id TEXT NOT NULL,
	version INTEGER NOT NULL,
	body BLOB NOT NULL,
	saved_at INTEGER NOT NULL,
	PRIMARY KEY (kind, id)
);

-- +goose Down

DROP TABLE flywheel_experiment_definitions;
DROP TABLE flywheel_experiment_buckets;
DROP TABLE flywheel_experiment_exposures;
