package inventorysql

import (
	"strings"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/sqldb"
)

const (
	levelColumns    = `sku, location, on_hand, reserved, allocated, backordered, backorder, seq`
	movementColumns = `sku, location, seq, kind, ref, attempt, key, on_hand, reserved, allocated, backordered, reason, at, ` +
		`on_hand_after, reserved_after, allocated_after, backordered_after`
	reservationColumns = `ref, location, lines, units, state, expires, attempt, version`
	notFinal           = `state NOT IN ('committed', 'released', 'expired', 'allocated')`
)

// statements are those for many rows. The rows are one argument, a JSON array
// of objects, so that a statement has the same text, and is prepared once,
// whatever their number.
type statements struct {
	createLevels  string // rows of item
	lockLevels    string // SKUs, locations
	updateLevels  string // rows of levelRow
	addMovements  string // rows of movementRow
	findMovements string // ref, attempt, rows of item
	items         string // SKUs

	// Of PostgreSQL, in place of several; empty for SQLite.
	lockDocument string // SKUs, locations, ref, attempt
	post         string // rows of levelRow, rows of movementRow
	postInsert   string // a reservation, rows of levelRow, rows of movementRow
	postUpdate   string // likewise

	lockForGroup string // refs, refs, SKU, location
	writeGroup   string // rows of groupRow, SKU, location, the level as updateLevel has it
	saveGroup    string // rows of groupRow
	addGroup     string // SKU, location, rows of groupRow
	levelsOf     string // SKUs
	incoming     string // SKUs
	addIncoming  string // rows of incomingRow
}

func statementsOf(d flywheel.Dialect) statements {
	lock, rows := "", sqldb.Recordset
	if d == flywheel.Postgres {
		lock = " FOR UPDATE"
	}
	items := rows(d, "n bigint", "sku text", "location text")
	st := statements{
		// WHERE true keeps SQLite from reading ON CONFLICT as the ON of a join.
		createLevels: `INSERT INTO flywheel_inventory_levels (sku, location)
			SELECT x.sku, x.location FROM ` + items + ` WHERE true ORDER BY x.n
			ON CONFLICT (sku, location) DO NOTHING`,
		// As arrays, not joined: of a join PostgreSQL thinks that it is as well to
		// read all levels.
		lockLevels: `SELECT ` + levelColumns + ` FROM flywheel_inventory_levels
			WHERE ` + sqldb.In(d, "sku") + ` AND ` + sqldb.In(d, "location") + `
			ORDER BY sku, location` + lock,
		updateLevels: updateLevels(d, "true"),
		addMovements: addMovements(d, "true"),
		findMovements: `SELECT ` + movementColumns + ` FROM flywheel_inventory_movements
			WHERE ref = ? AND attempt = ? AND (sku, location) IN (SELECT x.sku, x.location FROM ` + items + `)
			ORDER BY sku, location, seq`,
		lockForGroup: lockForGroup(d) + lock,
		writeGroup:   writeGroup(d),
		saveGroup:    saveGroup(rows(d, groupColumns...)),
		addGroup:     addGroup(rows(d, groupColumns...)),
		items:        `SELECT item FROM flywheel_inventory_items WHERE ` + sqldb.In(d, "sku") + ` ORDER BY sku`,
		incoming: `SELECT sku, due, earliest, latest, location, ref, line, origin, quantity FROM flywheel_inventory_incoming
			WHERE ` + sqldb.In(d, "sku") + ` ORDER BY sku, due, location, ref, line, kind`,
		addIncoming: `INSERT INTO flywheel_inventory_incoming (kind, sku, due, earliest, latest, location, ref, line, origin, quantity)
			SELECT x.kind, x.sku, x.due, x.earliest, x.latest, x.location, x.ref, x.line, x.origin, x.quantity
			FROM ` + rows(d, "kind text", "sku text", "due text", "earliest text", "latest text", "location text", "ref text", "line text",
			"origin text", "quantity bigint"),
		levelsOf: `SELECT ` + levelColumns + ` FROM flywheel_inventory_levels
			WHERE ` + sqldb.In(d, "sku") + ` AND (seq > 0 OR backorder > 0) ORDER BY sku, location`,
	}
	if d == flywheel.Postgres {
		const onlyIfSaved = "EXISTS (SELECT 1 FROM saved)"
		after := `, written AS (` + updateLevels(d, onlyIfSaved) + `), posted AS (` + addMovements(d, onlyIfSaved) + `)
			SELECT count(*) FROM saved`
		st.lockDocument = `WITH locked AS MATERIALIZED (` + st.lockLevels + `)
			SELECT sku, location, seq, '', '', 0, '', on_hand, reserved, allocated, backordered, '', 0, 0, 0, 0, backorder FROM locked
			UNION ALL SELECT ` + movementColumns + ` FROM flywheel_inventory_movements WHERE ref = ? AND attempt = ?`
		st.post = `WITH written AS (` + st.updateLevels + `) ` + st.addMovements
		st.postInsert = `WITH saved AS (` + insertReservation + ` RETURNING 1)` + after
		st.postUpdate = `WITH saved AS (` + updateReservation + ` RETURNING 1)` + after
	}
	return st
}

// updateLevels writes rows of levelRow that are there.
func updateLevels(d flywheel.Dialect, where string) string {
	return `INSERT INTO flywheel_inventory_levels (sku, location, on_hand, reserved, allocated, backordered, seq)
		SELECT x.sku, x.location, x.on_hand, x.reserved, x.allocated, x.backordered, x.seq
		FROM ` + sqldb.Recordset(d, "sku text", "location text", "on_hand bigint", "reserved bigint", "allocated bigint",
		"backordered bigint", "seq bigint") + ` WHERE ` + where + `
		ON CONFLICT (sku, location) DO UPDATE
		SET on_hand = excluded.on_hand, reserved = excluded.reserved, allocated = excluded.allocated,
			backordered = excluded.backordered, seq = excluded.seq`
}

// addMovements inserts rows of movementRow.
func addMovements(d flywheel.Dialect, where string) string {
	return `INSERT INTO flywheel_inventory_movements (` + movementColumns + `)
		SELECT ` + of("x", movementColumns) + ` FROM ` + sqldb.Recordset(d, "sku text", "location text", "seq bigint",
		"kind text", "ref text", "attempt bigint", "key text", "on_hand bigint", "reserved bigint", "allocated bigint",
		"backordered bigint", "reason text", "at bigint", "on_hand_after bigint", "reserved_after bigint",
		"allocated_after bigint", "backordered_after bigint") + ` WHERE ` + where
}

var groupColumns = []string{
	"ref text", "location text", "lines text", "units text", "state text", "expires bigint", "version bigint", "attempt bigint",
	"seq bigint", "kind text", "on_hand bigint", "reserved bigint", "allocated bigint", "backordered bigint", "at bigint",
	"on_hand_after bigint", "reserved_after bigint", "allocated_after bigint", "backordered_after bigint",
}

const updateLevel = `UPDATE flywheel_inventory_levels SET on_hand = ?, reserved = ?, allocated = ?, backordered = ?, seq = ?
	WHERE sku = ? AND location = ?`

// lockForGroup reads a level and what is known of refs: the versions of their
// reservations and their movements, of other items too, as JSON arrays: asked for the
// item as well, PostgreSQL would read all movements of it.
func lockForGroup(d flywheel.Dialect) string {
	list := func(columns, from string) string {
		var pairs []string
		for _, c := range strings.Split(columns, ", ") {
			pairs = append(pairs, "'"+c+"', k."+c)
		}
		object := strings.Join(pairs, ", ")
		if d == flywheel.SQLite {
			return `(SELECT json_group_array(json_object(` + object + `)) FROM ` + from + `)`
		}
		return `(SELECT COALESCE(json_agg(json_build_object(` + object + `)), '[]')::text FROM ` + from + `)`
	}
	return `SELECT ` + levelColumns + `,
		` + list("ref, version", `flywheel_inventory_reservations k WHERE `+sqldb.In(d, "k.ref")) + `,
		` + list("sku, location, ref, attempt, kind, key, on_hand, reserved, allocated, backordered",
		`flywheel_inventory_movements k WHERE `+sqldb.In(d, "k.ref")) + `
		FROM flywheel_inventory_levels WHERE sku = ? AND location = ?`
}

// saveGroup writes reservations, each at its version, from rows x.
func saveGroup(rows string) string {
	return `INSERT INTO flywheel_inventory_reservations (` + reservationColumns + `)
		SELECT ` + of("x", reservationColumns) + ` FROM ` + rows + ` WHERE true
		ON CONFLICT (ref) DO UPDATE SET location = excluded.location, lines = excluded.lines, units = excluded.units,
			state = excluded.state, expires = excluded.expires, attempt = excluded.attempt, version = excluded.version
		WHERE flywheel_inventory_reservations.version = excluded.version - 1`
}

// addGroup inserts movements of one item from rows x.
func addGroup(rows string) string {
	return `INSERT INTO flywheel_inventory_movements (` + movementColumns + `)
		SELECT c.sku, c.location, x.seq, x.kind, x.ref, x.attempt, '', x.on_hand, x.reserved, x.allocated, x.backordered, '', x.at,
			x.on_hand_after, x.reserved_after, x.allocated_after, x.backordered_after
		FROM (SELECT CAST(? AS TEXT) AS sku, CAST(? AS TEXT) AS location) c CROSS JOIN ` + rows
}

// writeGroup does both and writes the level, in one statement of PostgreSQL, and counts
// the reservations.
func writeGroup(d flywheel.Dialect) string {
	return `WITH x AS MATERIALIZED (SELECT * FROM ` + sqldb.Recordset(d, groupColumns...) + `),
		made AS (` + saveGroup("x") + ` RETURNING 1),
		posted AS (` + addGroup("x") + `),
		updated AS (` + updateLevel + `)
		SELECT count(*) FROM made`
}

// of puts the table's name before each column.
func of(table, columns string) string {
	return table + "." + strings.ReplaceAll(columns, ", ", ", "+table+".")
}
