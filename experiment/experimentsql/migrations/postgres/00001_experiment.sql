-- +goose Up

-- Who saw what, each once by experiment, unit, arm and group. Times are
-- microseconds since 1970.
CREATE TABLE flywheel_experiment_exposures (
	experiment TEXT COLLATE "C" NOT NULL,
	unit TEXT COLLATE "C" NOT NULL,
	arm TEXT COLLATE "C" NOT NULL,
	"group" TEXT COLLATE "C" NOT NULL,
	propensity DOUBLE PRECISION NOT NULL,
	at BIGINT NOT NULL,
	customer TEXT NOT NULL,
	visitor TEXT NOT NULL,
	PRIMARY KEY (experiment, unit, arm, "group")
);

CREATE INDEX flywheel_experiment_exposures_order
	ON flywheel_experiment_exposures (experiment, at, unit, arm, "group");

-- Sticky buckets: what an identity was assigned to first.
CREATE TABLE flywheel_experiment_buckets (
	attribute TEXT COLLATE "C" NOT NULL,
	value TEXT COLLATE "C" NOT NULL,
	key TEXT COLLATE "C" NOT NULL,
	variation TEXT NOT NULL,
	PRIMARY KEY (attribute, value, key)
);

-- Payloads of flags and studies, saved whole with a version.
CREATE TABLE flywheel_experiment_definitions (
	kind TEXT COLLATE "C" NOT NULL,
	id TEXT COLLATE "C" NOT NULL,
	version BIGINT NOT NULL,
	body BYTEA NOT NULL,
	saved_at BIGINT NOT NULL,
	PRIMARY KEY (kind, id)
);

-- +goose Down

DROP TABLE flywheel_experiment_definitions;
DROP TABLE flywheel_experiment_buckets;
DROP TABLE flywheel_experiment_exposures;
