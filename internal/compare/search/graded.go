package main

import (
	"bufio"
	"cmp"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// item is a product as both engines index it.
type item struct {
	ID          string `json:"-"`
	Title       string `json:"title"`
	Description string `json:"description"`
}

// graded is a query with the grades of its products.
type graded struct {
	text, typo string
	grades     map[string]int
}

// dataFolder is where the public data lies.
func dataFolder() string {
	if dir := os.Getenv("FLYWHEEL_DATA"); dir != "" {
		return filepath.Join(dir, "search")
	}
	return filepath.Join("..", "..", "..", "..", "shared", "reference", "search")
}

func readItems(dir string) ([]item, error) {
	f, err := os.Open(filepath.Join(dir, "products.jsonl.gz"))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, err
	}
	var all []item
	for d := json.NewDecoder(bufio.NewReader(z)); ; {
		var p struct {
			ID int `json:"id"`
			item
		}
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, err
		}
		p.item.ID = fmt.Sprintf("%06d", p.ID)
		all = append(all, p.item)
	}
}

func readGraded(dir string) ([]graded, error) {
	by := map[string]*graded{}
	var ids []string
	if err := rows(filepath.Join(dir, "queries.tsv"), func(f []string) error {
		g := &graded{text: f[1], grades: map[string]int{}}
		if len(f) > 2 {
			g.typo = f[2]
		}
		by[f[0]] = g
		ids = append(ids, f[0])
		return nil
	}); err != nil {
		return nil, err
	}
	if err := rows(filepath.Join(dir, "qrels.tsv"), func(f []string) error {
		product, err := strconv.Atoi(f[1])
		if err != nil {
			return err
		}
		grade, err := strconv.Atoi(f[2])
		if err != nil {
			return err
		}
		if g := by[f[0]]; g != nil {
			g.grades[fmt.Sprintf("%06d", product)] = grade
		}
		return nil
	}); err != nil {
		return nil, err
	}
	all := make([]graded, len(ids))
	for i, id := range ids {
		all[i] = *by[id]
	}
	return all, nil
}

// rows calls yield for each line of a table but the first.
func rows(name string, yield func(fields []string) error) error {
	data, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	first := true
	for line := range strings.Lines(string(data)) {
		if !first {
			if err := yield(strings.Split(strings.TrimRight(line, "\r\n"), "\t")); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
		first = false
	}
	return nil
}

// ndcg10 is the measure of the reference: gain 2^grade − 1, discount log2(rank + 1),
// an unjudged product gains 0, the ideal order is of all judged products.
func ndcg10(ids []string, grades map[string]int) float64 {
	gain := func(g int) float64 { return math.Exp2(float64(g)) - 1 }
	sum, most := 0.0, 0.0
	for i, id := range ids[:min(10, len(ids))] {
		sum += gain(grades[id]) / math.Log2(float64(i+2))
	}
	var ideal []int
	for _, g := range grades {
		ideal = append(ideal, g)
	}
	slices.SortFunc(ideal, func(a, b int) int { return cmp.Compare(b, a) })
	for i, g := range ideal[:min(10, len(ideal))] {
		most += gain(g) / math.Log2(float64(i+2))
	}
	if most == 0 {
		return 0
	}
	return sum / most
}
