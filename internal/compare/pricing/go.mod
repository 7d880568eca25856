module github.com/flywheel-go/flywheel/internal/compare/pricing

go 1.26.0

require (
	github.com/Rhymond/go-money v1.0.15
	github.com/flywheel-go/flywheel v0.0.0
	github.com/govalues/decimal v0.1.36
	github.com/shopspring/decimal v1.6.0
	github.com/stretchr/testify v1.12.1
)

require go.yaml.in/yaml/v3 v3.0.5 // indirect

replace github.com/flywheel-go/flywheel => ../../..
