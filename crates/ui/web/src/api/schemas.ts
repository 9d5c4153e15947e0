/** The server's types by their names in its OpenAPI document: `Schema<'Job'>`. */
import type { components } from './schema';

export type Schema<Name extends keyof components['schemas']> = components['schemas'][Name];
