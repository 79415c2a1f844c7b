/** A column of a table of text. */
export interface Column {
  title: string
  /** Numbers are set right, words left. */
  align?: "left" | "right"
  /** The least width. */
  width?: number
}

/** Lines of a table whose columns fit the rows given; later rows of the same table can be added with `tableLine`. */
export function tableLines(columns: readonly Column[], rows: readonly (readonly string[])[]): string[] {
  const fitted = columns.map((column, index) => ({
    ...column,
    width: Math.max(column.width ?? 0, column.title.length, ...rows.map((row) => row[index]?.length ?? 0)),
  }))
  return [
    tableLine(
      fitted,
      fitted.map(({ title }) => title),
    ),
    ...rows.map((row) => tableLine(fitted, row)),
  ]
}

/** One line of a table with columns of fixed width. */
export function tableLine(columns: readonly Column[], cells: readonly string[]): string {
  return columns
    .map(({ align, width = 0 }, index) => {
      const cell = cells[index] ?? ""
      return align === "right" ? cell.padStart(width) : cell.padEnd(width)
    })
    .join("  ")
    .trimEnd()
}
