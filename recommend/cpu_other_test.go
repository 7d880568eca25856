//go:build !linux

package recommend_test

import "time"

var began = time.Now()

// cpuTime returns the time that has passed: threads are not told apart here.
func cpuTime() time.Duration { return time.Since(began) }

// processTime returns the time that has passed.
func processTime() time.Duration { return time.Since(began) }
