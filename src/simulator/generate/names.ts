/** Given names; the last ones carry what real rosters carry: accents, hyphens and apostrophes. */
export const firstNames: readonly string[] =
  `Ada Adrian Aisha Alan Alice Amir Ana Andre Anna Arjun Ava Beatriz Ben Bianca Caleb Carlos Carmen Cole
  Daisy Daniel David Diego Elena Eli Emma Ethan Eva Fatima Felix Grace Hana Hannah Henry Hugo Ian Ines Iris
  Isaac Ivan Jada Jamal James Jasmine Joel John Jonas Julia Kai Karen Kenji Laila Lena Leo Liam Lina Lucas
  Luis Luna Maya Malik Maria Marta Mateo Mei Mia Milo Nadia Naomi Nia Noah Nora Olga Oliver Omar Owen Paula
  Pedro Priya Quinn Rafael Rania Rosa Ruth Sam Sara Sean Sofia Tara Theo Tomas Uma Victor Wei Yara Yusuf Zoe
  José Chloé Anne-Marie D'Andre`.split(/\s+/)

/** Family names. */
export const lastNames: readonly string[] =
  `Abbott Adams Ahmed Alvarez Baker Barnes Bauer Bell Brooks Brown Campbell Carter Castro Chan Chen Clark Cohen
  Cole Cooper Cruz Davis Delgado Diaz Edwards Ellis Evans Fischer Flores Ford Foster Garcia Gomez Gonzalez
  Gray Green Greene Gupta Hall Harris Hernandez Hill Howard Hughes Ito Jackson James Jensen Johnson Jones Kaur
  Kelly Khan Kim King Kowalski Lee Lewis Li Long Lopez Martin Martinez Miller Mitchell Moore Morales Morgan
  Morris Murphy Nelson Nguyen Novak Ortiz Owens Park Patel Perez Perry Phillips Powell Price Ramirez Reed Reyes
  Rivera Roberts Robinson Ross Russo Sanchez Sanders Schmidt Scott Shah Silva Singh Smith Stewart Sullivan
  Tanaka Taylor Thomas Thompson Torres Tran Turner Walker Ward Watson White Williams Wilson Wood Wright Young
  Zhang Muñoz O'Brien Lévesque`.split(/\s+/)

export const districtNames: readonly string[] = [
  "Riverside Unified",
  "Lakeview School District",
  "Maple Valley ISD",
  "North Harbor Public Schools",
  "Cedar Hills Schools",
  "Granite County Schools",
  "Clear Creek ISD",
  "Sunset Mesa Unified",
]

export const schoolNames: readonly string[] =
  `Lincoln Washington Roosevelt Franklin Jefferson Madison Douglass Tubman Curie Einstein Carver Keller Chavez
  Ride Armstrong Hopper Lovelace Turing Mandela King Parks Whitman Dickinson Thoreau Hillcrest Oakwood Riverbend
  Fairview Northgate Southgate Westwood Eastside Pinecrest Meadowbrook Brookside Harborview`.split(/\s+/)

export const streets: readonly string[] = [
  "Main St",
  "Oak Ave",
  "Park Rd",
  "Cedar Ln",
  "2nd St",
  "Hill Dr",
  "Lake Blvd",
]

export const cities: readonly string[] = [
  "Springfield",
  "Fairview",
  "Georgetown",
  "Salem",
  "Madison",
  "Clinton",
]

export const races: readonly string[] = [
  "Caucasian",
  "Asian",
  "Black or African American",
  "American Indian",
  "Hawaiian or Other Pacific Islander",
  "Two or More Races",
  "Unknown",
  "",
]

/** Home languages with their codes, as the v3.1 definitions list them. */
export const languages: readonly (readonly [name: string, code: string])[] = [
  ["English", "eng"],
  ["English", "eng"],
  ["English", "eng"],
  ["Spanish", "spa"],
  ["Arabic", "ara"],
  ["Vietnamese", "vie"],
  ["French", "fra"],
]

/** A name as it goes into an e-mail address or user name: lower-case ASCII letters only. */
export function asciiName(name: string): string {
  return name
    .normalize("NFD")
    .replace(/[^A-Za-z]/g, "")
    .toLowerCase()
}
