package money

import (
	"encoding/json"
	"errors"
)

var (
	ErrInvalid    = errors.New("invalid")
	ErrOutOfRange = errors.New("out of range")
)

type Currency struct{ code uint16 }
type Amount struct {
	minor    int64
	currency Currency
}

func New(minor int64, c Currency) Amount { return Amount{minor, c} }
func (a Amount) Minor() int64            { return a.minor }
func (a Amount) Currency() Currency      { return a.currency }
func (a Amount) IsZero() bool            { return a.minor == 0 }

var _ = json.Marshal
