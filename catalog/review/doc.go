// Package review keeps what customers say of products: reviews with stars, questions
// and answers.
package review
