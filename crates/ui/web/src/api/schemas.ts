/** The server's types by their names in its OpenAPI document: `Schema<'Job'>`. */
import type { components } from './schema';

export type Schema<Name extends keyof components['schemas']> = components['schemas'][Name];

/** `Name` as the document has it, with these members said more narrowly: words where it only says "text". */
export type Narrowed<Name extends keyof components['schemas'], Members> = Omit<Schema<Name>, keyof Members> & Members;
