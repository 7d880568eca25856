package main

import (
	"flag"
	"fmt"
	"os"
	"runtime"
)

func main() {
	folder := os.Getenv("FLYWHEEL_DATA")
	if folder == "" {
		folder = "../../../../shared/reference"
	}
	n := flag.Int("orders", 1_000_000, "orders and customers")
	flag.Parse()
	runtime.GOMAXPROCS(1)
	if err := run(os.Stdout, folder, *n); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
