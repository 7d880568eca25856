package sqldb

import (
	"fmt"
	"strings"

	"github.com/flywheel-go/flywheel/internal/kind"
)

// Sections splits a migration in goose's form into the statements of its Up and
// Down sections, as they are written. A statement ends with a line that ends in a
// semicolon outside of quotes; one with other semicolons inside stands between
// StatementBegin and StatementEnd.
func Sections(text string) (up, down []string, err error) {
	var section *[]string
	var statement strings.Builder
	whole := false // between StatementBegin and StatementEnd
	end := func() {
		if s := strings.TrimSpace(statement.String()); s != "" {
			*section = append(*section, s)
		}
		statement.Reset()
	}
	for i, line := range strings.Split(text, "\n") {
		bare := strings.TrimSpace(line)
		if command, ok := strings.CutPrefix(bare, "-- +goose "); ok {
			switch strings.TrimSpace(command) {
			case "Up":
				section = &up
			case "Down":
				section = &down
			case "StatementBegin":
				whole = true
			case "StatementEnd":
				whole = false
				if section != nil {
					end()
				}
			default:
				return nil, nil, fmt.Errorf("line %d: unknown %q: %w", i+1, bare, kind.ErrInvalid)
			}
			continue
		}
		if statement.Len() == 0 && (bare == "" || strings.HasPrefix(bare, "--")) {
			continue
		}
		if section == nil {
			return nil, nil, fmt.Errorf("line %d: a statement before -- +goose Up: %w", i+1, kind.ErrInvalid)
		}
		statement.WriteString(line)
		statement.WriteByte('\n')
		if !whole && strings.HasSuffix(bare, ";") && !strings.HasPrefix(bare, "--") && !unclosed(statement.String()) {
			end()
		}
	}
	if s := strings.TrimSpace(statement.String()); s != "" || whole {
		return nil, nil, fmt.Errorf("the last statement does not end: %q: %w", s, kind.ErrInvalid)
	}
	if len(up) == 0 {
		return nil, nil, fmt.Errorf("no -- +goose Up section: %w", kind.ErrInvalid)
	}
	return up, down, nil
}

// unclosed reports whether s ends within quotes or a block comment.
func unclosed(s string) bool {
	for i := 0; i < len(s); {
		switch {
		case s[i] == '\'' || s[i] == '"':
			end := strings.IndexByte(s[i+1:], s[i])
			if end < 0 {
				return true
			}
			i += end + 2
		case strings.HasPrefix(s[i:], "/*"):
			if !strings.Contains(s[i+2:], "*/") {
				return true
			}
			i = skip(s, i)
		case strings.HasPrefix(s[i:], "--"):
			i = skip(s, i)
		default:
			i++
		}
	}
	return false
}
