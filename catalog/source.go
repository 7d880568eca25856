package catalog

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"

	"github.com/flywheel-go/flywheel"
)

// Source is what a product was last imported from. While the product has as many
// edits as then, the same rows, or the same line of JSON, read in the same way change nothing, and an import
// passes over them without looking at the product's content.
type Source struct {
	// Hash is of the rows or the line, of how they were read and of the revision of
	// the definitions, changes of bundles left out.
	Hash string `json:"hash"`
	// Edits is how many the product had after the import.
	Edits int64 `json:"edits"`
}

// digest hashes texts so that their borders count.
type digest struct{ h hash.Hash }

func newDigest(texts ...string) digest {
	d := digest{sha256.New()}
	d.add(texts...)
	return d
}

func (d digest) add(texts ...string) {
	var size [8]byte
	for _, t := range texts {
		binary.LittleEndian.PutUint64(size[:], uint64(len(t)))
		d.h.Write(size[:])
		d.h.Write([]byte(t))
	}
}

func (d digest) number(n int64) {
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], uint64(n))
	d.h.Write(b[:])
}

func (d digest) text() string { return hex.EncodeToString(d.h.Sum(nil)[:16]) }

// reading is the digest of how the file is read.
func (im *importer) reading() string {
	in := &im.in
	d := newDigest(in.Form, string(in.Channel), string(im.locale), in.Type, in.Decimal)
	if in.Guarded {
		d.number(1)
	}
	for _, field := range sortedKeys(in.Mapping) {
		d.add(field, in.Mapping[field].Header, in.Mapping[field].Unit)
	}
	d.number(int64(len(in.Mapping)))
	d.add(im.header...)
	return d.text()
}

// hash is the digest of a product of the file under a revision of the definitions.
func (im *importer) hash(p *imported, revision int64) string {
	if im.way == "" {
		im.way = im.reading()
	}
	d := newDigest(im.way, p.key)
	d.number(revision)
	if p.product != nil {
		d.h.Write(p.sum[:])
		return d.text()
	}
	for i := range p.rows {
		d.number(int64(len(p.rows[i].cells)))
		d.add(p.rows[i].cells...)
	}
	return d.text()
}

// changed leaves out the products that are as they were when the same rows were
// imported.
func (im *importer) changed(ctx context.Context, w *write, list []*imported) ([]*imported, error) {
	var keys []SlugKey
	ids := make([]ID, 0, len(list))
	for _, p := range list {
		if im.in.Form == ShopifyForm {
			keys = append(keys, im.slugKey(p))
		}
		ids = append(ids, ID(p.key))
	}
	if err := w.lookUp(ctx, keys...); err != nil {
		return nil, err
	}
	for _, k := range keys {
		if row := w.slugs[k]; row != nil && !row.Redirect {
			ids = append(ids, row.Product)
		}
	}
	found, err := w.s.store.Heads(ctx, distinct(ids)...)
	if err != nil {
		return nil, err
	}
	heads := make(map[ID]*Head, len(found))
	for _, h := range found {
		heads[h.Product.ID] = h
	}
	rest := make([]*imported, 0, len(list))
	for _, p := range list {
		head := heads[ID(p.key)]
		if im.in.Form == ShopifyForm {
			if row := w.slugs[im.slugKey(p)]; row != nil && !row.Redirect && heads[row.Product] != nil {
				head = heads[row.Product]
			}
		}
		if head == nil || head.Source == nil || head.Source.Edits != head.Edits || !p.named() || head.Source.Hash != im.hash(p, w.schema.meaning()) {
			rest = append(rest, p)
			continue
		}
		p.outcome, p.offers = "unchanged", map[flywheel.SKU]ImportOffer{}
		for i := range p.variants {
			v := &p.variants[i]
			v.built = v.sku
			p.offers[v.sku] = v.offer
		}
	}
	return rest, nil
}

// named reports whether the file has the SKU of each variant.
func (p *imported) named() bool {
	for i := range p.variants {
		if p.variants[i].sku == "" {
			return false
		}
	}
	return true
}
