import type { StaffRole } from '../api/types';
import { staff } from '../i18n/staff';

export const STAFF_ROLES: readonly StaffRole[] = ['photographer', 'organiser', 'admin'];

/** A role in words. */
export function roleName(role: StaffRole): string {
  const t = staff.t;
  switch (role) {
    case 'admin':
      return t.roleAdmin;
    case 'organiser':
      return t.roleOrganiser;
    case 'photographer':
      return t.rolePhotographer;
  }
}
