package page

import (
	"fmt"
	"strings"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/examples/store/data"
	"github.com/flywheel-go/flywheel/examples/store/web"
)

// model is a good in three dimensions, as binary glTF. A shop of its own keeps files here.
func model(r *web.Request) (web.Answer, error) {
	sku, _ := strings.CutSuffix(r.PathValue("sku"), ".glb")
	if data.Modeled(flywheel.SKU(sku)) == "" {
		return web.Answer{}, fmt.Errorf("store: model of %q: %w", sku, flywheel.ErrNotFound)
	}
	return web.Answer{Type: "model/gltf-binary", Body: data.Model(glazeOf(sku).body)}, nil
}
