package page

import (
	"fmt"

	"github.com/flywheel-go/flywheel/catalog/search"
)

// found is a product as the index has it.
func (s *Shop) found(product string) ([]search.Hit, error) {
	found, err := s.Index.Search(search.Query{Filter: fmt.Appendf(nil, `{"product":%q}`, product), Limit: 1})
	if err != nil {
		return nil, err
	}
	return found.Hits, nil
}
