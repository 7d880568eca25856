package replenish

// Lot says in what quantities an item can be ordered. Zeros mean no limit.
type Lot struct {
	Min  int64 // smallest order
	Pack int64 // units per pack: orders are multiples of it
	Max  int64 // largest order; it wins over Min
}

func (l Lot) check() error {
	for _, f := range []struct {
		name  string
		value int64
	}{{"smallest order", l.Min}, {"pack size", l.Pack}, {"largest order", l.Max}} {
		if err := within(f.name, float64(f.value), MaxUnits); err != nil {
			return err
		}
	}
	if l.Max > 0 && l.Pack > l.Max {
		return &SettingError{"pack size", float64(l.Pack), "at most the largest order"}
	}
	return nil
}

// Round returns the order that covers need: at least Min, in whole packs, and
// no more than the packs that Max allows. No need gives no order.
func (l Lot) Round(need int64) (int64, error) {
	if err := l.check(); err != nil {
		return 0, err
	}
	if need > MaxUnits {
		return 0, &SettingError{"need", float64(need), "at most 1e15"}
	}
	return l.round(need), nil
}

func (l Lot) round(need int64) int64 {
	if need <= 0 {
		return 0
	}
	pack := max(l.Pack, 1)
	quantity := (max(need, l.Min) + pack - 1) / pack * pack
	if l.Max > 0 {
		quantity = min(quantity, l.Max/pack*pack)
	}
	return quantity
}
