package wheel

import (
	"bytes"
	"context"
	"encoding/csv"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"time"

	"github.com/flywheel-go/flywheel"
)

// Seeds that the figures are made with. Size and weights were chosen with others, from 1 and, by
// flag, from four million on.
const (
	truthSeeds = 1_000_000
	judgeSeeds = 2_000_000
)

// Command is the headless program: it finds the truth of each feature, runs the experiments of so
// many seeds, and prints how they stand to it. It reports an error if they miss what they are held
// to.
func Command(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("wheel", flag.ContinueOnError)
	seeds := flags.Int("seeds", 200, "`number` of experiments")
	pairs := flags.Int("pairs", 52, "`number` of seeds whose shops are run as pairs for the truth")
	wholes := flags.Int("wholes", 4, "`number` of them that are also run with each feature for all and for none")
	from := flags.Uint64("seed", 0, "`number` added to the seeds")
	file := flags.String("csv", "", "`file` to write the table to, as the desk of the store shows it (data/wheel.csv)")
	c := Default
	flags.IntVar(&c.Shoppers, "shoppers", c.Shoppers, "`number` of people who enter the experiments of a seed")
	flags.IntVar(&c.Clusters, "clusters", c.Clusters, "`number` of clusters of four SKUs")
	if err := flags.Parse(args); err != nil {
		return err
	}
	for _, n := range []int{*seeds, *pairs, c.Shoppers, c.Clusters} {
		if n < 1 {
			return fmt.Errorf("wheel: a number of %d: %w", n, flywheel.ErrOutOfRange)
		}
	}
	// A world makes much garbage and lives for a second.
	defer debug.SetGCPercent(debug.SetGCPercent(200))
	start := time.Now()
	truth, err := FindTruth(ctx, c, truthSeeds+*from, *pairs, *wholes)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "The truth took %s.\n", time.Since(start).Round(time.Second))
	v, err := Judge(ctx, c, truth, judgeSeeds+*from, *seeds)
	if err != nil {
		return err
	}
	if err := v.Write(out); err != nil {
		return err
	}
	if *file != "" {
		var b bytes.Buffer
		if err := csv.NewWriter(&b).WriteAll(v.Table()); err != nil {
			return err
		}
		if err := os.WriteFile(*file, b.Bytes(), 0o644); err != nil {
			return fmt.Errorf("wheel: %w", err)
		}
	}
	misses := v.Misses()
	for _, m := range misses {
		fmt.Fprintln(out, "missed:", m)
	}
	fmt.Fprintf(out, "In all %s.\n", time.Since(start).Round(time.Second))
	if len(misses) > 0 {
		return fmt.Errorf("wheel: %d of the figures are missed", len(misses))
	}
	return nil
}
