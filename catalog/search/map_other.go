//go:build !unix

package search

import "os"

// mapped returns a file's content.
func mapped(name string) ([]byte, error) { return os.ReadFile(name) }
