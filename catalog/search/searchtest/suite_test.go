package searchtest

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel/catalog/search"
)

func local(t testing.TB) search.Engine {
	index, err := search.New(search.Settings{})
	require.NoError(t, err)
	return search.Local{Index: index}
}

func TestLocal(t *testing.T) {
	Run(t, func(t *testing.T) search.Engine { return local(t) }, Features{})
}
