package catalog

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"slices"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/strictjson"
)

// maxLine bounds one product of a JSON file.
const maxLine = 64 << 20

// importJSON puts the product of each line by its ID, unless it has that of the same
// line since the last import.
func (s *Service) importJSON(ctx context.Context, data []byte, in Import, report *ImportReport) error {
	im := &importer{s: s, in: in, report: report, cols: map[string]int{}, told: map[place]bool{}}
	line := map[ID]int{} // of each product
	for n, text := 1, []byte(nil); len(data) > 0; n++ {
		text, data, _ = bytes.Cut(data, []byte("\n"))
		if text = bytes.TrimSpace(bytes.TrimPrefix(text, []byte("\ufeff"))); len(text) == 0 {
			continue
		}
		report.Rows++
		var p Product
		item := &imported{rows: []record{{line: n}}}
		err := strictjson.Decode(text, &p, &strictjson.Limits{Bytes: maxLine, CaseSensitive: true})
		switch before := line[p.ID]; {
		case err != nil:
		case p.ID == "":
			err = fmt.Errorf("no id: %w", flywheel.ErrInvalid)
		case before > 0:
			err = fmt.Errorf("product %q is there already, in line %d: %w", p.ID, before, flywheel.ErrInvalid)
		default:
			line[p.ID] = n
		}
		if err != nil {
			im.fail(item, n, -1, "", err)
		}
		item.key, item.product, item.sum = string(p.ID), &p, sha256.Sum256(text)
		im.products = append(im.products, item)
	}
	all := func(ctx context.Context) error {
		done := 0
		for list := range slices.Chunk(im.products, batchSize) {
			if err := im.batch(ctx, list); err != nil {
				return err
			}
			if done += len(list); in.Progress != nil {
				in.Progress(done, len(im.products))
			}
		}
		if in.Atomic && len(report.Errors) > 0 {
			return errNotKept
		}
		return nil
	}
	err := im.together(ctx, all)
	im.finish()
	return err
}

// exportJSON writes a product as JSON on each line.
func (s *Service) exportJSON(ctx context.Context, w io.Writer, ex Export) error {
	return s.eachProduct(ctx, ex.Products, func(p *shelved, _ map[flywheel.SKU]Offer) error {
		product := assemble(p.head, p.rows)
		data, err := json.Marshal(product)
		if err == nil {
			_, err = w.Write(slices.Concat(data, []byte("\n")))
		}
		if err != nil {
			return fmt.Errorf("catalog: export: product %q: %w", product.ID, err)
		}
		return nil
	}, nil)
}
