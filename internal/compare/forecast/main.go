package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
)

func main() {
	folder := os.Getenv("FLYWHEEL_DATA")
	if folder == "" {
		folder = "../../../../shared/reference"
	}
	steps := map[string]*int{
		"ets":        flag.Int("ets", 15, "ETS and Auto take every so many series"),
		"thetaf":     flag.Int("theta", 5, "Theta takes every so many series"),
		"croston":    flag.Int("croston", 30, "Croston takes every so many series"),
		"auto.arima": flag.Int("arima", 60, "ARIMA takes every so many series"),
	}
	only := flag.String("methods", "", "only these methods of R, such as ets,thetaf")
	series := flag.String("series", "", "only these series, such as yearly,other")
	generate := flag.Int("generate", 0, "forecast so many generated series of each kind instead, and compare the errors")
	seed := flag.Uint64("seed", 1, "seed of the generated series")
	kept := flag.String("answers", "", "file that keeps R's errors on generated series for the next run")
	flag.Parse()
	if *generate > 0 {
		kinds = named(kinds, *series, func(k kind) string { return k.name })
		if err := accuracy(os.Stdout, *generate, *seed, *kept); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	methods = named(methods, *only, func(m method) string { return m.name })
	classes = named(classes, *series, func(c class) string { return c.name })
	if len(methods) == 0 || len(classes) == 0 {
		fmt.Fprintln(os.Stderr, "nothing of that name")
		os.Exit(2)
	}
	for name, step := range steps {
		if *step < 1 {
			fmt.Fprintf(os.Stderr, "%s: every %d series is none\n", name, *step)
			os.Exit(2)
		}
	}
	runtime.GOMAXPROCS(1)
	if err := run(os.Stdout, folder, func(m method) int { return *steps[m.name] }); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// named returns those whose names are in a list with commas; all where it is
// empty.
func named[T any](all []T, list string, name func(T) string) []T {
	if list == "" {
		return all
	}
	names := strings.Split(list, ",")
	return slices.DeleteFunc(slices.Clone(all), func(v T) bool { return !slices.Contains(names, name(v)) })
}

// run compares all methods, each on every so many series of a class, and writes
// the table.
func run(to io.Writer, folder string, step func(method) int) error {
	type part struct {
		class    string
		first, n int
	}
	var all []item
	samples := make([][]part, len(methods))
	for _, c := range classes {
		items, err := c.read(folder)
		if err != nil {
			return err
		}
		for i, m := range methods {
			if c.name == parts && !m.parts {
				continue
			}
			sample := every(items, step(m))
			samples[i] = append(samples[i], part{c.name, len(all), len(sample)})
			all = append(all, sample...)
		}
	}
	r, err := startR(all)
	if err != nil {
		return err
	}
	defer r.stop()
	fmt.Fprintf(to, "R %s, %s %s/%s\n\n", r.version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	fmt.Fprintln(to, "| R | Flywheel | series | number | R, ms | Flywheel, ms | times as fast | alike |")
	fmt.Fprintln(to, "| --- | --- | --- | ---: | ---: | ---: | ---: | ---: |")
	for i, m := range methods {
		// What R compiles and loads at the first call is not counted.
		if _, _, err := r.run(m.name, samples[i][0].first, 2); err != nil {
			return err
		}
		totals := make([]result, len(m.models))
		rows := make([][]string, len(m.models))
		for _, p := range samples[i] {
			results, err := m.compare(r, all, p.first, p.n)
			if err != nil {
				return err
			}
			for k, own := range m.models {
				totals[k].add(results[k])
				rows[k] = append(rows[k], row(m, own, p.class, results[k]))
			}
		}
		for k, own := range m.models {
			for _, line := range append(rows[k], row(m, own, "all", totals[k])) {
				fmt.Fprintln(to, line)
			}
			if !own.enough(totals[k]) {
				return fmt.Errorf("only %d of %d answers of %s are like those of R", totals[k].alike, totals[k].series, own.name)
			}
		}
	}
	return nil
}

// row is a line of the table.
func row(m method, own model, class string, a result) string {
	alike := "-"
	if own.alike != nil {
		alike = fmt.Sprintf("%.1f %%", 100*float64(a.alike)/float64(a.series))
	}
	n := float64(a.series)
	return fmt.Sprintf("| %s | %s | %s | %d | %.4g | %.3g | %.0f | %s |",
		m.name, own.name, class, a.series, 1000*a.r/n, 1000*a.own/n, a.r/a.own, alike)
}
