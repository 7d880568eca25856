module github.com/flywheel-go/flywheel/internal/compare/segment

go 1.26.0

require (
	github.com/flywheel-go/flywheel v0.0.0
	github.com/stretchr/testify v1.12.1
)

require (
	github.com/shopspring/decimal v1.6.0 // indirect
	go.yaml.in/yaml/v3 v3.0.5 // indirect
	gonum.org/v1/gonum v0.17.0 // indirect
)

replace github.com/flywheel-go/flywheel => ../../..
