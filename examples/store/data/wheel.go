package data

import (
	_ "embed"
	"encoding/csv"
	"strings"
)

//go:embed wheel.csv
var wheel string

// Wheel is what each feature brings over simulated shoppers, as the command wheel wrote it with
// its defaults: a head and a row for each feature.
var Wheel = must(csv.NewReader(strings.NewReader(wheel)).ReadAll())
