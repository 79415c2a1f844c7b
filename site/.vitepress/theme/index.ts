// Fonts of the reader's own system: nothing has to be loaded for a text to appear.
export { default } from "vitepress/theme-without-fonts"

import "./style.css"
