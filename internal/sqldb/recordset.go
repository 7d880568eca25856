package sqldb

import "strings"

// Recordset is a table x of the rows in one argument, a JSON array of objects,
// with columns such as "n bigint". So a statement has the same text, and is
// prepared once, whatever their number.
func Recordset(d Dialect, columns ...string) string {
	if d == Postgres {
		return `json_to_recordset(CAST(? AS json)) AS x(` + strings.Join(columns, ", ") + `)`
	}
	fields := make([]string, len(columns))
	for i, c := range columns {
		name, _, _ := strings.Cut(c, " ")
		fields[i] = `o->>'` + name + `' AS ` + name
	}
	// With a LIMIT SQLite makes the text of an object once, not for each column.
	return `(SELECT ` + strings.Join(fields, ", ") + ` FROM (SELECT value AS o FROM json_each(?) LIMIT -1)) AS x`
}

// In is the condition that a column of texts is in one argument, a JSON array of
// texts. The array is made before the table is looked at, so an index on the
// column serves.
func In(d Dialect, column string) string {
	if d == Postgres {
		return column + ` = ANY (ARRAY(SELECT json_array_elements_text(CAST(? AS json))))`
	}
	return column + ` IN (SELECT value FROM json_each(?))`
}
