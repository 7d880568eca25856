package main

func Example() {
	main()
	// Output:
	// 17.80 EUR - 1.78 EUR + 3.04 EUR = 19.06 EUR paid
	// 1 order, 19.06 EUR in all; 8 mugs left
}
