/** A photo as the grid and the viewer show it. */
export interface Tile {
  key: string;
  widthPx: number;
  heightPx: number;
  thumbUrl: string;
  previewUrl: string;
  downloadUrl: string;
  /** What it shows, for those who do not see it. */
  alt: string;
  /** What a press on it does. */
  label: string;
  caption?: string;
}
